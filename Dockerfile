# The bot in a container. Its tools act on the container until a host is configured.
FROM python:3.11-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin bot \
 && install -d -o bot -g bot -m 0700 /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY bot bot
COPY agent agent
COPY tools tools
COPY healer healer
COPY adapters adapters
RUN .venv/bin/python -m compileall -q bot agent tools healer adapters
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AI_HOST=0.0.0.0 AI_PORT=8001 AI_DATA_DIR=/data
USER bot
VOLUME /data
EXPOSE 8001
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8001/health', timeout=4)"]
CMD ["python", "-m", "bot", "run"]
