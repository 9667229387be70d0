import { Counter, Gauge, type Registry } from 'prom-client';

/**
 * CPU and memory of the process under the names that Prometheus knows, asked for at each scrape. (The collector that comes with
 * prom-client also samples the event loop every 10 ms for as long as the process lives.)
 */
export function addProcessMetrics(registry: Registry): void {
  const registers = [registry];
  if (registry.getSingleMetric('process_cpu_seconds_total')) return;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time that the process spent, in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Memory in use on the heap of JavaScript.',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed);
    },
  });
}
