# One image for both doors and for training:
#   docker run -p 8000:8000 twinserve            the FastAPI door
#   docker run -p 8001:8001 twinserve flask      the Flask door
#   docker run -v models:/srv/artifacts twinserve train
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
# The requirements are a layer of their own: a change of the code does not install them again.
COPY requirements/run.txt /tmp/run.txt
RUN /opt/venv/bin/python -m pip install --quiet --require-hashes --no-deps -r /tmp/run.txt \
 && /opt/venv/bin/python -m pip uninstall --quiet --yes pip setuptools
COPY twinserve /srv/twinserve
COPY model /srv/model
COPY serve_flask /srv/serve_flask
COPY serve_fastapi /srv/serve_fastapi
COPY deploy/entrypoint.py /srv/deploy/entrypoint.py
COPY train.py /srv/
WORKDIR /srv
RUN printf '#!/opt/venv/bin/python\nimport sys\nsys.path.insert(0, "/srv")\nfrom twinserve.cli.main import main\nsys.exit(main())\n' \
    > /opt/venv/bin/twinserve && chmod +x /opt/venv/bin/twinserve
# A first model, so that the image answers at once. What a volume holds goes before it.
RUN /opt/venv/bin/python train.py && /opt/venv/bin/python -m compileall -q /srv

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 twinserve && useradd --uid 10001 --gid twinserve --no-create-home --shell /usr/sbin/nologin twinserve
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=twinserve:twinserve /srv /srv
WORKDIR /srv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    TWINSERVE_HOST=0.0.0.0 \
    TWINSERVE_ARTIFACTS=/srv/artifacts \
    TWINSERVE_AUTH=none \
    TWINSERVE_DRAIN_DELAY=5
USER twinserve
VOLUME /srv/artifacts
EXPOSE 8000 8001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "deploy/entrypoint.py", "health"]
ENTRYPOINT ["python", "deploy/entrypoint.py"]
CMD ["fastapi"]
