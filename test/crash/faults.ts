/** Things that go between a played process and its disk: what fails, and what waits. */
import type { Disk } from '#lib/disk/disk.js';
import { hooked, type Step } from '#lib/testing/hooked-disk.js';
import type { FailedSync, SimulatedDisk } from '#lib/testing/simulated-disk.js';

/** The next sync of the journal fails, once it is armed. */
export function failSyncs(disk: SimulatedDisk, how: FailedSync) {
  let armed = false;
  return {
    arm() {
      armed = true;
    },
    on: (port: Disk): Disk =>
      hooked(port, ({ name, path }, go) => {
        if (!armed || name !== 'sync' || !path.includes('/journal/')) return go();
        armed = false;
        return disk.failSync(path, how);
      }),
  };
}

/** A place where a process waits: SIGSTOP in the middle of a step. */
export function gateAt(isThere: (step: Step) => boolean) {
  let shut = false;
  let open = () => {};
  let reach = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return {
    reached,
    open,
    shut() {
      shut = true;
    },
    on: (port: Disk): Disk =>
      hooked(port, async (step, go) => {
        if (shut && isThere(step)) {
          shut = false;
          reach();
          await opened;
        }
        return go();
      }),
  };
}
