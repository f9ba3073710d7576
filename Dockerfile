# syntax=docker/dockerfile:1
# The scripts of the pages, then the binary that embeds them, then a small image
# that holds nothing else.

FROM node:24-alpine AS assets
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM golang:1.26-alpine AS binary
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=assets /src/web/static/vendor ./web/static/vendor
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /maillage ./cmd/maillage

FROM alpine:3.22
# Peers are reached over TLS; events keep the time zone of their place.
RUN apk add --no-cache ca-certificates tzdata \
 && adduser -D -H -u 10001 maillage \
 && install -d -o maillage -g maillage -m 0700 /data
COPY --from=binary /maillage /usr/local/bin/maillage
USER maillage
WORKDIR /data
ENV MAILLAGE_DATA=/data \
    MAILLAGE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["maillage"]
CMD ["serve"]
