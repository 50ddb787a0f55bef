# Clew in a container: `docker build -t clew .`, then `docker run --rm -v "$PWD":/shop clew run` in a folder of exports.
FROM python:3.12-slim
COPY requirements-run.lock /clew/
RUN pip install --no-cache-dir --require-hashes -r /clew/requirements-run.lock
COPY . /clew
RUN pip install --no-cache-dir --no-deps --no-build-isolation /clew
# Nobody's superuser. `--user "$(id -u):$(id -g)"` makes the files in the mounted folder yours.
USER 1000:1000
WORKDIR /shop
# Of `clew serve`; other commands end before it is asked.
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
	CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
ENTRYPOINT ["clew"]
