/**
 * The desk: what keeps money safe when two processes believe they may write.
 *
 * There is exactly one folder in `desks/<role>/`, and its name says whose it is. To become the owner
 * a process renames it to its own new name, one epoch up: of all who try exactly one succeeds, and
 * the owner before finds the name gone. What is published by name is staged inside and renamed out.
 *
 * After a crash: the name is the last owner's; a power cut may bring an older name back.
 */
import { join } from 'node:path';
import { type Disk, identityOf, ifThere, mustBeThere, removeIfThere } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { formatOwner, type Owner, parseOwner } from '../format/owner-name.js';
import { DAMAGED_PREFIX, damaged, refuseDamaged } from './damage.js';
import { DESK_LOOKS_MAX } from './limits.js';
import { Place } from './place.js';

export type Role = 'writer' | 'poster';

/** A desk as it was seen: whose, and where it lies while it is theirs. */
export interface Desk {
  readonly owner: Owner;
  readonly path: string;
  /** Which folder it is: a copy of the bank has one of the same name. */
  readonly identity: string;
}

export class Desks {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #system: System;
  readonly #directory: string;
  readonly #place: Place;

  constructor(
    disk: Disk,
    system: System,
    directory: string,
    role: Role,
    place = new Place(disk, directory),
  ) {
    this.#disk = disk;
    this.#system = system;
    this.#directory = directory;
    this.#place = place;
    this.folder = join(directory, 'desks', role);
  }

  /** The desk as it is now. @throws BankError BANK_DAMAGED when it is away, BANK_NOT_FOUND when the bank is */
  async find(): Promise<Desk> {
    for (let look = 0; look < DESK_LOOKS_MAX; look++) {
      // A folder that is being renamed may be listed twice, or not at all: look again.
      const names = await this.#names();
      if (names.some((name) => name.startsWith(DAMAGED_PREFIX))) break;
      await this.#place.check();
      const owner = names.length === 1 && names[0] !== undefined ? parseOwner(names[0]) : undefined;
      const desk = owner && (await this.#look(owner));
      if (desk) return desk;
      await this.#system.pause(1).done;
    }
    throw await refuseDamaged(this.#disk, this.#directory);
  }

  /** `undefined` when it was renamed since it was listed. */
  async #look(owner: Owner): Promise<Desk | undefined> {
    const path = join(this.folder, formatOwner(owner));
    const facts = await this.#disk.facts(path);
    return facts && { owner, path, identity: identityOf(facts) };
  }

  async #names(): Promise<string[]> {
    return mustBeThere(
      () => this.#disk.list(this.folder),
      () => damaged(this.folder.slice(this.#directory.length + 1), 'the folder is missing'),
    );
  }

  /**
   * Renames `from` to this process's own new name; `undefined` when somebody else was faster. The name
   * tells under which lock it was taken.
   */
  async take(from: Desk, epoch: number, lock: string): Promise<Desk | undefined> {
    const owner: Owner = { ...this.#system.identity, number: epoch, random: lock };
    const path = join(this.folder, formatOwner(owner));
    return ifThere(async () => {
      await this.#disk.rename(from.path, path);
      return { owner, path, identity: from.identity };
    });
  }

  /**
   * Whether the desk still has its name: nobody has taken it over. It is another one where a copy of
   * the bank was put in its place.
   */
  async isMine(desk: Desk): Promise<boolean> {
    const facts = await this.#disk.facts(desk.path);
    return facts !== undefined && identityOf(facts) === desk.identity;
  }

  /**
   * Clears what the owner before had staged, but for `keep`: a rename of his that was already under
   * way then finds nothing any more.
   */
  async empty(desk: Desk, keep: (name: string) => boolean = () => false): Promise<string[]> {
    const kept: string[] = [];
    for (const name of await this.#disk.list(desk.path)) {
      if (keep(name)) kept.push(name);
      else await removeIfThere(this.#disk, join(desk.path, name));
    }
    return kept;
  }
}
