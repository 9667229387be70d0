import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Tests wait more than they compute; vitest's own choice, one worker less than cores, would leave two cores half idle.
    maxWorkers: 3,
    projects: [
      {
        // What needs nothing but Node: pure logic, and single parts over sockets on embedded brokers.
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/acceptance/**', 'test/real/**'] },
      },
      {
        // Timelines over a whole site, on embedded brokers.
        test: { name: 'acceptance', include: ['test/acceptance/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // The same, and the conformance suites, on Apache Kafka, mosquitto, OpenSMTPD: test/real starts them.
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          globalSetup: ['test/real/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
