# GLM UI as an image for any platform that python:3.12-slim is built for (amd64 and arm64 have wheels of all packages):
#   docker build -t glm-ui .
#   docker run --rm -p 127.0.0.1:7860:7860 --read-only --tmpfs /tmp:size=2g,mode=1777 --env-file .env glm-ui
# Nothing is written but below /tmp. docs/install.md has the rest; scripts/container.py tries these steps without Docker.

FROM python:3.12-slim-bookworm AS build
# For spans of turns: --build-arg LISTS="-r requirements.txt -r requirements-otel.txt"
# For MCP servers: --build-arg LISTS="-r requirements.txt -r requirements-mcp.txt"
ARG LISTS="-r requirements.txt"
WORKDIR /source
COPY requirements.txt requirements-otel.txt requirements-mcp.txt ./
RUN python -m venv /opt/glm-ui && /opt/glm-ui/bin/pip install --no-cache-dir --disable-pip-version-check $LISTS
COPY pyproject.toml README.md LICENSE ./
COPY glm_ui ./glm_ui
RUN /opt/glm-ui/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.12-slim-bookworm
COPY --from=build /opt/glm-ui /opt/glm-ui
ENV PATH=/opt/glm-ui/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GLM_UI_HOST=0.0.0.0 \
    GLM_UI_PORT=7860
WORKDIR /srv
USER 10001:10001
EXPOSE 7860
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['GLM_UI_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["glm-ui"]
