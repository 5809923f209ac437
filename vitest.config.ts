import { defineConfig } from 'vitest/config';

// The tests run against what ships: dist/, loaded by Node itself and not by the bundler.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    // One each core: vitest itself leaves one free, and the tests wait for their processes most of the time.
    maxWorkers: 2,
    // A process for each file costs more than many a file's tests. So hooks stand in tests and test files:
    // a helper's own would hold for the first file only that imports it.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
