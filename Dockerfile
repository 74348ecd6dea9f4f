# The gateway and, as a second target, the simulated upstreams. Built by `docker compose build`.

FROM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY openapi /src/openapi
COPY web .
RUN npm run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
RUN cargo build --release --locked --package gateway --package upstream-sim

FROM debian:bookworm-slim AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 turnpike \
    && install -d -o turnpike /var/lib/turnpike/journal
USER turnpike

FROM runtime AS upstream-sim
COPY --from=build /src/target/release/upstream-sim /usr/local/bin/
EXPOSE 9700
CMD ["upstream-sim", "--listen", "0.0.0.0:9700"]

FROM runtime AS gateway
COPY --from=build /src/target/release/turnpike /usr/local/bin/
# The journal must outlive the container: a volume on a local disk, never a network file system.
VOLUME /var/lib/turnpike/journal
EXPOSE 8080
ENV TURNPIKE_LISTEN=0.0.0.0:8080 TURNPIKE_JOURNAL_DIR=/var/lib/turnpike/journal
HEALTHCHECK --interval=5s --timeout=2s CMD curl -fsS http://127.0.0.1:8080/healthz
CMD ["turnpike", "serve"]
