# One image for every service: `docker compose` says which one runs. Dependencies are a layer of their own.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    HOME=/home/penstock

RUN groupadd --gid 1000 penstock \
    && useradd --uid 1000 --gid penstock --create-home penstock \
    && install -d -o penstock -g penstock -m 2775 /var/lib/penstock /data

WORKDIR /opt/penstock
COPY requirements/runtime.txt ./
RUN pip install --no-cache-dir -r runtime.txt 'hatchling>=1.27'

COPY pyproject.toml README.md ./
COPY shared shared
COPY services services
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

COPY docker/entrypoint docker/health /usr/local/bin/
WORKDIR /data
EXPOSE 8081
ENTRYPOINT ["entrypoint"]
CMD ["dispatcher"]
