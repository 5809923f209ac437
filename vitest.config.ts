import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes minutes begins first: begun last, it would keep one core busy while the others wait. */
class LongProofsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/test\/(crash|kernel)\//.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongProofsFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
