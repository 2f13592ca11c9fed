# One image for every process; compose.yaml says which one a container runs.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# What is needed to run and nothing of the tests, each file held to its hash in requirements.lock.
COPY requirements.lock setup.cfg pyproject.toml ./
COPY scripts/production_lock.py scripts/
RUN python scripts/production_lock.py > /tmp/production.lock \
    && pip install --no-cache-dir --require-hashes -r /tmp/production.lock

COPY . .
RUN pip install --no-cache-dir --no-deps -e . \
    && useradd --system --uid 10001 --no-create-home portal

USER portal
EXPOSE 8000
CMD ["portal", "--help"]
