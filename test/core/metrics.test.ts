import { expect, test } from "bun:test";
import { createMetrics } from "../../src/core/metrics.ts";

test("figures come out as Prometheus text", () => {
  const metrics = createMetrics();
  const requests = metrics.counter("requests_total", "Requests.");
  requests.of({ route: '/a"b\\c' }).add();
  requests.of({ route: '/a"b\\c' }).add(2);
  const seconds = metrics.histogram("seconds", "Time.", [0.1, 1]);
  for (const value of [0.05, 0.5, 5]) seconds.of().observe(value);
  metrics.gauge("depth", "Depth.", () => 3);
  expect(metrics.text()).toBe(`# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{route="/a\\"b\\\\c"} 3
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 1
seconds_bucket{le="1"} 2
seconds_bucket{le="+Inf"} 3
seconds_sum 5.55
seconds_count 3
# HELP depth Depth.
# TYPE depth gauge
depth 3
`);
});

test("a metric with endless labels stops growing", () => {
  const metrics = createMetrics();
  const counter = metrics.counter("leak", "A leak.");
  for (let n = 0; n < 10_000; n++) counter.of({ n: String(n) }).add();
  expect(metrics.text().split("\n").length).toBeLessThan(2_100);
});
