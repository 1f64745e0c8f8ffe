import type { Registry } from 'prom-client';
import type { HttpMeter } from './http-meter.ts';
import { addCounter, addGauge, DurationHistogram } from './sampled.ts';

/** Requests by route, connections, and what went over the wire. */
export function addHttpMetrics(registry: Registry, http: HttpMeter): void {
  new DurationHistogram(registry, {
    name: 'vrp_http_request_duration_seconds',
    help: 'From the first line of a request to the end of its answer, by route pattern and class of status.',
    labels: ['method', 'route', 'status'],
    read: () => http.durations(),
  });
  addGauge(registry, {
    name: 'vrp_http_requests_in_flight',
    help: 'Requests that are being answered now, streams of events included.',
    read: () => [{ value: http.inFlight }],
  });
  addGauge(registry, {
    name: 'vrp_http_connections_open',
    help: 'Connections that are open now.',
    read: () => [{ value: http.openConnections }],
  });
  addCounter(registry, {
    name: 'vrp_http_received_bytes_total',
    help: 'Bytes received over all connections: bodies with their heads, as they came over the wire.',
    read: () => [{ value: http.receivedBytes }],
  });
  addCounter(registry, {
    name: 'vrp_http_sent_bytes_total',
    help: 'Bytes sent over all connections: bodies with their heads, as they went over the wire.',
    read: () => [{ value: http.sentBytes }],
  });
  addCounter(registry, {
    name: 'vrp_upload_refusals_total',
    help: 'Uploads and pieces of them that were refused or failed, by code (docs/errors.md).',
    labels: ['code'],
    read: () => [...http.refusals].map(([code, value]) => ({ labels: { code }, value })),
  });
}
