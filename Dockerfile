# One image for all doors and for training:
#   docker run -p 8000:8000 twinserve            the FastAPI door
#   docker run -p 8001:8001 twinserve flask      the Flask door
#   docker run -p 8002:8002 twinserve django     the Django door
#   docker run -p 8080:8080 twinserve serve      the FastAPI door as SageMaker and other platforms start it
#   docker run -v models:/srv/artifacts twinserve train
# The base image, which may be pinned: docker build --build-arg PYTHON_IMAGE=python:3.11-slim@sha256:...
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
COPY serve_django /srv/serve_django
COPY deploy/entrypoint.py /srv/deploy/entrypoint.py
COPY train.py /srv/
COPY deploy/sbom.py /tmp/sbom.py
WORKDIR /srv
# Found from any folder, as in the environment that make sets up.
RUN printf '#!/opt/venv/bin/python\nimport sys\nfrom twinserve.cli.main import main\nsys.exit(main())\n' \
    > /opt/venv/bin/twinserve && chmod +x /opt/venv/bin/twinserve \
 && echo /srv > "$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/twinserve.pth"
RUN /opt/venv/bin/python -c 'import twinserve; print(twinserve.__version__)' > /tmp/version \
 && /opt/venv/bin/python /tmp/sbom.py "$(cat /tmp/version)" > /tmp/sbom.cdx.json
# A first model, so that the image answers at once. What a volume holds goes before it. Whoever serves only reads the code, and may write to the store
# as a member of group 0, whatever the number of the user (as in OpenShift).
RUN /opt/venv/bin/python train.py --artifacts /artifacts && /opt/venv/bin/python -m compileall -q /srv \
 && chmod -R go=u,go-w /srv /tmp/sbom.cdx.json && chmod -R g=u /artifacts

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --gid 0 --no-create-home --shell /usr/sbin/nologin twinserve
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv /srv
COPY --from=build /tmp/sbom.cdx.json /usr/share/doc/twinserve/sbom.cdx.json
COPY --from=build --chown=10001:0 /artifacts /srv/artifacts
WORKDIR /srv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    TWINSERVE_HOST=0.0.0.0 \
    TWINSERVE_ARTIFACTS=/srv/artifacts \
    TWINSERVE_AUTH=none \
    TWINSERVE_DRAIN_DELAY=5
USER 10001:0
VOLUME /srv/artifacts
EXPOSE 8000 8001 8002 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "deploy/entrypoint.py", "health"]
ENTRYPOINT ["python", "deploy/entrypoint.py"]
CMD ["fastapi"]
