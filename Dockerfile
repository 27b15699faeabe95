# Relay, its command line and the migration in one image; which of them runs is said by the command. The image runs as
# an ordinary user and writes only to /tmp.
FROM python:3.12-slim-bookworm

# unixODBC is the driver manager; Microsoft's driver 18 comes with the Python package mssql-python-odbc and needs
# Kerberos' library. Their versions are those of the base image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends unixodbc libgssapi-krb5-2 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY common common
COPY relay relay
COPY migrations migrations
RUN pip install --no-cache-dir --constraint constraints.txt --editable '.[service]'

# Known by its usual name, so that MSSQL_DRIVER keeps its default.
RUN python -m common.database.mssql.odbc >> /etc/odbcinst.ini \
    && useradd --system --no-create-home --uid 10001 relay
USER 10001

CMD ["celery", "-A", "relay.celery_app", "worker", "--beat"]
