# The cloud side: `plumbline serve`. Built from this checkout; nothing is fetched when it runs.
FROM node:20-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-fund --no-audit

FROM python:3.11-slim-bookworm
WORKDIR /opt/plumbline
COPY requirements/build.txt requirements/cloud.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/cloud.txt
COPY . .
COPY --from=front-end /build/node_modules node_modules
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && python -m web.vendor \
    && useradd --system --home /var/lib/plumbline plumbline \
    && install -d -o plumbline /var/lib/plumbline
USER plumbline
VOLUME /var/lib/plumbline
EXPOSE 8080
ENTRYPOINT ["plumbline"]
CMD ["serve", "--config", "/etc/plumbline/plumbline.yaml"]
