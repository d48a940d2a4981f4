# One image for every service: `docker compose` says which one runs. Dependencies are a layer of their own.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PIP_NO_CACHE_DIR=1
WORKDIR /opt/penstock

# What builds the wheel stays here: the services run with what the distribution declares, and nothing else.
FROM base AS build
RUN pip install 'hatchling>=1.27'
COPY pyproject.toml README.md ./
COPY shared shared
COPY services services
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist .

FROM base
RUN groupadd --gid 1000 penstock \
    && useradd --uid 1000 --gid penstock --create-home penstock \
    && install -d -o penstock -g penstock -m 2775 /var/lib/penstock /data
ENV HOME=/home/penstock

COPY requirements/runtime.txt ./
RUN pip install -r runtime.txt

COPY --from=build /dist /opt/penstock/dist
RUN pip install --no-deps dist/*.whl

COPY docker/entrypoint docker/health /usr/local/bin/
WORKDIR /data
EXPOSE 8081
ENTRYPOINT ["entrypoint"]
CMD ["dispatcher"]
