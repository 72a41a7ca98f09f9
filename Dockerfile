# Two stages: the first installs what requirements.txt pins, the second carries only that and the app.
# The tree belongs to root and is never written; the one writable place is /data (and /tmp, which may be a tmpfs).
FROM python:3.13-slim AS build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin latchkey && install -d -o latchkey -m 0700 /data
COPY --from=build /venv /venv
WORKDIR /srv/latchkey
COPY wsgi.py LICENSE ./
COPY migrations migrations
COPY static static
COPY templates templates
COPY app app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LATCHKEY_DATA_DIR=/data
USER latchkey
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["flask", "latchkey", "serve", "--host", "0.0.0.0", "--port", "8000"]
