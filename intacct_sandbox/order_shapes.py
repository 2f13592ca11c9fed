"""The shapes of Order Entry's functions, in the notation of shapes.py."""

from __future__ import annotations

CURRENCY = "basecurr currency exchratedate:DATE exchratetype exchrate"
_DATES = (
    " needbydate:DATE shipbydate:DATE cancelafterdate:DATE donotshipbeforedate:DATE donotshipafterdate:DATE "
    "servicedeliverydate:DATE"
)
_LINE_DATES = "needbydate:DATE shipby:DATE donotshipbeforedate:DATE donotshipafterdate:DATE "
_END = (
    "scope inclusions exclusions terms schedulestartdate:DATE actualstartdate:DATE scheduledcompletiondate:DATE "
    "revisedcompletiondate:DATE substantialcompletiondate:DATE actualcompletiondate:DATE noticetoproceed:DATE "
    "responsedue:DATE executedon:DATE scheduleimpact internalrefno internalinitiatedbykey internalinitiatedby"
)
_DIMENSIONS = "projectid taskid costtypeid customerid vendorid employeeid classid"
_LINE_TEXTS = "discsurchargememo locationid departmentid memo itemdetails:ANY customfields:CUSTOMFIELDS"
_LINE_MORE = (
    f"revrectemplate revrecstartdate:DATE revrecenddate:DATE renewalmacro {_DIMENSIONS} contractid fulfillmentstatus "
    f"taskno billingtemplate dropship buytoorder btoshiptocontactname shipto:CONTACTREF {_LINE_DATES}"
    "datepickticketprinted:DATE cancelafterdate:DATE shippeddate:DATE relateddockey relateddoclinekey "
    "retainagepercentage amountretained trx_amountretained conversiontype projectcontractid projectcontractlineid "
    "pcblexternalrefno pcbldescription contractlinevalue priorapplicationamt completedthisperiod storedmaterials "
    "isretainagerelease retainagetobill reverseconversion paymenttaxcapture linesubtotals:ANY taxscheduleid"
)
_START = "itemdesc itemaliasid taxable warehouseid"
_PLACES = f"locationid departmentid {_DIMENSIONS} itemid contractid customfields:CUSTOMFIELDS"

NOTATION = {
    "ORDERLINES": "sotransitem:ORDERLINE+",
    "ORDERLINE": (
        f"bundlenumber itemid! {_START} quantity! unit linelevelsimpletaxtype discountpercent price sourcelinekey "
        f"{_LINE_TEXTS} {_LINE_MORE}"
    ),
    "ORDERSUBTOTALS": "subtotal:ORDERSUBTOTAL+",
    "ORDERSUBTOTAL": f"description! total! absval percentval {_PLACES}",
    "ORDERUPDATES": "sotransitem:ORDERLINE* updatesotransitem:ORDERUPDATE*",
    "ORDERUPDATE": (
        f"@line_num bundlenumber itemid {_START} quantity unit linelevelsimpletaxtype discountpercent price "
        f"{_LINE_TEXTS} {_LINE_MORE}"
    ),
    "SUBTOTALUPDATES": "updatesubtotal:ORDERSUBTOTAL+",
    "create_sotransaction": (
        "transactiontype! datecreated:DATE! dateposted:DATE createdfrom customerid! documentno origdocdate:DATE "
        "referenceno termname datedue:DATE message shippingmethod shipto:CONTACTREF billto:CONTACTREF supdocid "
        f"externalid {CURRENCY} vsoepricelist customfields:CUSTOMFIELDS state projectid changelognumber{_DATES} "
        "trackingnumber shippeddate:DATE customerponumber taxsolutionid sotransitems:ORDERLINES! "
        f"subtotals:ORDERSUBTOTALS {_END}"
    ),
    "update_sotransaction": (
        "@key datecreated:DATE dateposted:DATE referenceno termname datedue:DATE origdocdate:DATE message "
        f"shippingmethod shipto:CONTACTREF billto:CONTACTREF supdocid externalid {CURRENCY} vsoepricelist "
        f"customfields:CUSTOMFIELDS state projectid{_DATES} trackingnumber shippeddate:DATE customerponumber "
        f"updatesotransitems:ORDERUPDATES updatesubtotals:SUBTOTALUPDATES {_END}"
    ),
    "delete_sotransaction": "@key",
}
