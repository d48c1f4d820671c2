# syntax=docker/dockerfile:1

# ---- build --------------------------------------------------------------------------------------
FROM rust:1.95-slim-bookworm AS build
# The image has the C compiler that SQLite and the cryptography of rustls are built with.
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --package vestnik --bin vestnik \
    && cp target/release/vestnik /usr/local/bin/vestnik

# ---- run ----------------------------------------------------------------------------------------
FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/vestnik --create-home vestnik
COPY --from=build /usr/local/bin/vestnik /usr/local/bin/vestnik
USER 10001
# Without a Postgres the data is in ./data below it.
WORKDIR /var/lib/vestnik
VOLUME /var/lib/vestnik
ENV VESTNIK_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["vestnik", "health"]
# SIGTERM, which is the default: answers what it has accepted, closes the sockets, exits.
STOPSIGNAL SIGTERM
ENTRYPOINT ["vestnik"]
CMD ["serve"]
