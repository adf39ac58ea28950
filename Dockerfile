# The cloud side: `plumbline serve`. Built from this checkout; nothing is fetched when it runs.
FROM python:3.11-slim-bookworm
WORKDIR /opt/plumbline
COPY requirements/build.txt requirements/cloud.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt -r requirements/cloud.txt
# By name, never `COPY . .`: a layer keeps what was once in it. `.dockerignore` has the same list.
COPY pyproject.toml README.md ./
COPY analytics analytics
COPY checked_yaml checked_yaml
COPY edge_agent edge_agent
COPY ingest ingest
COPY parts parts
COPY plumbline plumbline
COPY simulator simulator
COPY store store
COPY web web
COPY wire wire
# A number that the host can give files to (docs/operating.md).
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && useradd --system --uid 10001 --home /var/lib/plumbline plumbline \
    && install -d -o plumbline -m 0700 /var/lib/plumbline
USER plumbline
VOLUME /var/lib/plumbline
EXPOSE 8080
ENTRYPOINT ["plumbline"]
CMD ["serve", "--config", "/etc/plumbline/plumbline.yaml"]
