/**
 * Whether the bank in a directory is still the one that was opened there. A copy that was put in its place
 * while a process had it open may say less than that process knows, and has answered.
 */
import type { Disk } from '../disk/disk.js';
import { BankError } from '../ledger/errors.js';
import { desksIdentity } from './checkpoint.js';

export class Place {
  readonly #disk: Disk;
  readonly #directory: string;
  #identity: string | undefined;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** @throws BankError BANK_NOT_FOUND when another bank lies there than at the first look */
  async check(): Promise<void> {
    const identity = await desksIdentity(this.#disk, this.#directory);
    this.#identity ??= identity;
    if (identity === this.#identity) return;
    const message = `The bank that was opened in ${this.#directory} is there no more: another one was put in its place.`;
    throw new BankError('BANK_NOT_FOUND', message, {
      hint: 'Open it again. Before you put back a copy, end the programs that have the bank open.',
      details: { directory: this.#directory },
    });
  }
}
