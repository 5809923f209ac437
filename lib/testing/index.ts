/**
 * drovebank/testing: a machine in memory on which processes open banks, are killed and stopped, the disk
 * fails, the clock jumps and the power goes, as often as you like and the same each time. For the tests of
 * programs that use a bank.
 */
export type { Disk, DiskFile } from '../disk/disk.js';
export {
  type Crash,
  type CrashOptions,
  type CrashPoint,
  crashesAt,
  recordCrashPoints,
} from './crashes.js';
export { type Hook, hooked, type Step, systemError } from './hooked-disk.js';
export {
  type Effect,
  type FailedSync,
  type FileSystemKind,
  SimulatedDisk,
} from './simulated-disk.js';
export {
  type Ready,
  SimulatedMachine,
  type SimulatedMachineOptions,
  type SimulatedProcess,
} from './simulated-machine.js';
