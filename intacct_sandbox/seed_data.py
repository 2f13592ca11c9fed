"""The made-up company: customers, places, accounts. Every name and address is invented."""

from __future__ import annotations

CUSTOMERS = (
    ("Harbor Lane Dental", "Portland", "OR", "97205"),
    ("Pine & Quarry Tools", "Boise", "ID", "83702"),
    ("Juniper Street Bakery", "Denver", "CO", "80203"),
    ("Ostrander Machine Works", "Toledo", "OH", "43604"),
    ("Blue Kettle Coffee Roasters", "Seattle", "WA", "98101"),
    ("Marlow & Finch Architects", "Chicago", "IL", "60607"),
    ("Saltgrass Veterinary Group", "Galveston", "TX", "77550"),
    ("Cobalt Ridge Logistics", "Reno", "NV", "89501"),
    ("Wren House Publishing", "Providence", "RI", "02903"),
    ("Two Rivers Physical Therapy", "Spokane", "WA", "99201"),
    ("Copperline Electric", "Butte", "MT", "59701"),
    ("Lakeshore Montessori", "Madison", "WI", "53703"),
    ("Northgate Uniform Supply", "Fargo", "ND", "58102"),
    ("Quince Orchard Catering", "Gaithersburg", "MD", "20878"),
    ("Vantage Point Surveying", "Santa Fe", "NM", "87501"),
    ("Elm & Ivy Florists", "Burlington", "VT", "05401"),
    ("Tidewater Boat Repair", "Norfolk", "VA", "23510"),
    ("Granite State Roofing", "Concord", "NH", "03301"),
    ("Kestrel Air Charter", "Tulsa", "OK", "74103"),
    ("Old Mill Print Shop", "Lowell", "MA", "01852"),
    ("Prairie Sun Solar", "Omaha", "NE", "68102"),
    ("Rosewater Day Spa", "Savannah", "GA", "31401"),
    ("Summit Trail Outfitters", "Bozeman", "MT", "59715"),
    ("Thistle & Thread Textiles", "Asheville", "NC", "28801"),
    ("Union Square Opticians", "New York", "NY", "10003"),
    ("Westfall Water Systems", "Tucson", "AZ", "85701"),
    ("Yellow Barn Dairy", "Ithaca", "NY", "14850"),
    ("Zephyr Wind Instruments", "Elkhart", "IN", "46516"),
    ("Anchor & Oar Brewing", "Duluth", "MN", "55802"),
    ("Birchwood Senior Living", "Albany", "NY", "12207"),
    ("Clearwater Pool Service", "Tampa", "FL", "33602"),
    ("Dovetail Cabinetry", "Grand Rapids", "MI", "49503"),
    ("Evergreen Tree Care", "Eugene", "OR", "97401"),
    ("Foxglove Pharmacy", "Richmond", "VA", "23219"),
    ("Gilded Frame Gallery", "Charleston", "SC", "29401"),
    ("Highland Court Reporting", "Louisville", "KY", "40202"),
    ("Ironbridge Fitness", "Pittsburgh", "PA", "15222"),
    ("Jasper Stone & Tile", "Knoxville", "TN", "37902"),
    ("Kingfisher Marine Survey", "Annapolis", "MD", "21401"),
    ("Larkspur Garden Center", "Sacramento", "CA", "95814"),
)
FIRST_NAMES = ("Ada", "Ben", "Clara", "Dev", "Erin", "Felix", "Grace", "Hugo", "Iris", "Jonas")
LAST_NAMES = ("Abbott", "Brandt", "Castillo", "Doyle", "Egan", "Foster", "Gupta", "Hale", "Ito", "Jensen", "Klein")
STREETS = ("Alder Street", "Bay Avenue", "Cedar Road", "Dock Street", "East Main Street", "Foundry Lane", "Grove Way")

# number, title, B balance sheet or I income statement, normal balance (1 debit, -1 credit), category
ACCOUNTS = (
    ("1000", "Operating Checking", "B", "1", "Cash and Cash Equivalents"),
    ("1010", "Payroll Checking", "B", "1", "Cash and Cash Equivalents"),
    ("1090", "Undeposited Funds", "B", "1", "Undeposited Funds"),
    ("1200", "Accounts Receivable", "B", "1", "Accounts Receivable"),
    ("2000", "Accounts Payable", "B", "-1", "Accounts Payable"),
    ("2200", "Sales Tax Payable", "B", "-1", "Taxes Payable"),
    ("2400", "Customer Overpayments", "B", "-1", "Other Current Liabilities"),
    ("3000", "Retained Earnings", "B", "-1", "Retained Earnings"),
    ("4000", "Service Revenue", "I", "-1", "Revenue"),
    ("4010", "Product Revenue", "I", "-1", "Revenue"),
    ("4020", "Consulting Revenue", "I", "-1", "Revenue"),
    ("4090", "Sales Discounts", "I", "1", "Revenue Discounts"),
    ("4099", "Returns and Allowances", "I", "1", "Revenue Discounts"),
    ("6000", "Salaries", "I", "1", "Operating Expenses"),
    ("6100", "Rent", "I", "1", "Operating Expenses"),
    ("6300", "Bank Fees", "I", "1", "Operating Expenses"),
)
LABELS = (("Services", "Service income", "4000"), ("Products", "Product income", "4010"), ("Tax", "Sales tax", "2200"))
# name, description, days, from
TERMS = (
    ("Due on receipt", "Payable at once", 0, "from invoice/bill date"),
    ("Net 15", "15 days", 15, "from invoice/bill date"),
    ("Net 30", "30 days", 30, "from invoice/bill date"),
    ("Net 60", "60 days", 60, "from invoice/bill date"),
)
ENTITIES = (("100-US", "Lantern Systems East"), ("200-WEST", "Lantern Systems West"))
# id, name, entity
LOCATIONS = (
    ("100-US", "Lantern Systems East", "100-US"),
    ("200-WEST", "Lantern Systems West", "200-WEST"),
    ("100", "Boston", "100-US"),
    ("110", "New York", "100-US"),
    ("210", "Portland", "200-WEST"),
)
DEPARTMENTS = (("100", "Administration"), ("200", "Client Services"), ("300", "Sales"), ("400", "Engineering"))
BANKS = (
    ("CHK-01", "000111222", "1000", "First Harbor Bank", "Operating account"),
    ("CHK-02", "000333444", "1010", "Commonwealth Savings", "Payroll account"),
)
# customer place, days ago, (account, amount, memo) lines, paid: part of the total, method
INVOICES = (
    (0, 150, (("4000", "1250.00", "Support plan, quarter"),), "1", "Printed Check"),
    (1, 131, (("4010", "642.50", "Replacement parts"), ("2200", "38.55", "Sales tax")), "1", "EFT"),
    (2, 118, (("4000", "310.00", "On-site visit"),), "1", "Printed Check"),
    (3, 104, (("4020", "4800.00", "Process review"),), "0.5", "EFT"),
    (4, 97, (("4010", "228.40", "Filter sets"), ("2200", "13.70", "Sales tax")), "1", "Credit Card"),
    (5, 88, (("4020", "2650.00", "Plan check"), ("4000", "400.00", "Site survey")), "0.25", "Printed Check"),
    (6, 74, (("4000", "980.00", "Support plan, quarter"),), "0", ""),
    (0, 62, (("4000", "1250.00", "Support plan, quarter"),), "0.6", "Printed Check"),
    (7, 55, (("4010", "1875.25", "Scanners"), ("2200", "112.52", "Sales tax")), "0", ""),
    (8, 47, (("4020", "720.00", "Workshop"),), "0", ""),
    (9, 39, (("4000", "455.00", "On-site visit"),), "1", "EFT"),
    (10, 33, (("4010", "3120.00", "Panels"), ("4090", "-120.00", "Volume discount")), "0", ""),
    (11, 24, (("4000", "560.00", "Support plan, quarter"),), "0", ""),
    (12, 12, (("4010", "189.99", "Labels"), ("2200", "11.40", "Sales tax")), "0", ""),
    (13, 6, (("4020", "1500.00", "Planning day"),), "0", ""),
)
