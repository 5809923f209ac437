import { defineConfig } from 'vitest/config';

// The tests run against what ships: dist/, loaded by Node itself and not by the bundler.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    // One each core: vitest itself leaves one free, and the tests wait for their processes most of the time.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
