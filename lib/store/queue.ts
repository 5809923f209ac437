/**
 * The tickets of who waits, in `desks/<role>.queue/`: one file each, numbered, and touched again and
 * again. The oldest ticket that stirs is next; a stopped waiter blocks nobody.
 *
 * After a crash: tickets of the dead stay until the next observer sees that they are dead, or that they
 * have not stirred for long.
 */
import { basename, join } from 'node:path';
import { type Disk, ifThere, mustBeThere, removeIfThere, writeAll } from '../disk/disk.js';
import type { System } from '../disk/system.js';
import { formatOwner, type Owner, parseOwner } from '../format/owner-name.js';
import { damaged } from './damage.js';
import type { Role } from './desk.js';
import { TICKET_FRESH_MS, TICKET_LOOK_MS, TICKET_TOUCH_MS } from './limits.js';

export interface Ticket {
  readonly name: string;
  readonly owner: Owner;
}

/** What one observer has seen of a ticket: when it last stirred, on the observer's own clock. */
interface Sighting {
  readonly modified: number;
  readonly stirred: number;
  readonly looked: number;
}

export class Queue {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #system: System;
  #sightings = new Map<string, Sighting>();

  constructor(disk: Disk, system: System, directory: string, role: Role) {
    this.#disk = disk;
    this.#system = system;
    this.folder = join(directory, 'desks', `${role}.queue`);
  }

  /** What lies there. @throws BankError BANK_DAMAGED when the folder is away */
  async names(): Promise<string[]> {
    return mustBeThere(
      () => this.#disk.list(this.folder),
      () => damaged(`desks/${basename(this.folder)}`, 'the folder is missing'),
    );
  }

  /** Draws the next number. `text` is what the ticket says to whoever serves it. */
  async draw(text = ''): Promise<Ticket> {
    const owners = (await this.names()).map(parseOwner);
    const number = 1 + Math.max(0, ...owners.map((owner) => owner?.number ?? 0));
    const owner: Owner = { ...this.#system.identity, number, random: this.#system.random() };
    const ticket = { name: formatOwner(owner), owner };
    const file = await this.#disk.open(join(this.folder, ticket.name), 'create');
    try {
      await writeAll(file, Buffer.from(text), 0);
    } finally {
      await file.close();
    }
    return ticket;
  }

  /** Shows that its owner still waits. Answers whether it is still there. */
  async touch(ticket: Ticket): Promise<boolean> {
    const touch = async () => {
      await this.#disk.touch(join(this.folder, ticket.name));
      return true;
    };
    return (await ifThere(touch)) ?? false;
  }

  async remove(ticket: Ticket): Promise<void> {
    await removeIfThere(this.#disk, join(this.folder, ticket.name));
  }

  async isThere(ticket: Ticket): Promise<boolean> {
    return this.#disk.exists(join(this.folder, ticket.name));
  }

  /** What a ticket says; '' when it is gone. */
  async textOf(ticket: Ticket): Promise<string> {
    const bytes = await ifThere(() => this.#disk.read(join(this.folder, ticket.name)));
    return bytes?.toString('utf8') ?? '';
  }

  /** The tickets that stir, oldest first. Removes the others: who still lives draws anew. */
  async waiting(): Promise<Ticket[]> {
    const names = await this.names();
    if (names.length === 0) {
      if (this.#sightings.size > 0) this.#sightings.clear();
      return [];
    }
    const seen = new Map<string, Sighting>();
    const tickets: Ticket[] = [];
    for (const name of names) {
      const owner = parseOwner(name);
      if (!owner) continue;
      const ticket = { name, owner };
      if (await this.#stirs(ticket, seen)) tickets.push(ticket);
    }
    this.#sightings = seen;
    return tickets.sort((a, b) => a.owner.number - b.owner.number || (a.name < b.name ? -1 : 1));
  }

  async #stirs(ticket: Ticket, seen: Map<string, Sighting>): Promise<boolean> {
    const now = this.#system.monotonic();
    let sighting = this.#sightings.get(ticket.name);
    const isStale = sighting !== undefined && now - sighting.stirred >= TICKET_FRESH_MS;
    // Before it is passed over it is looked at: left lying, it would hold up everybody who comes.
    if (sighting === undefined || isStale || now - sighting.looked > TICKET_LOOK_MS) {
      const facts = await this.#disk.facts(join(this.folder, ticket.name));
      if (facts === undefined) return false;
      const isNew = sighting === undefined;
      const same = sighting?.modified === facts.modified;
      const stirred = same && sighting ? sighting.stirred : now;
      sighting = { modified: facts.modified, stirred, looked: now };
      // Who stirs lives; who has stopped, or comes from before our time, may have died.
      const quiet = isNew || now - stirred > TICKET_TOUCH_MS * 2;
      const forgotten = now - stirred >= TICKET_FRESH_MS; // One of before a reboot, perhaps.
      if (forgotten || (quiet && this.#system.isSurelyDead(ticket.owner))) {
        await this.remove(ticket);
        return false;
      }
    }
    seen.set(ticket.name, sighting);
    return now - sighting.stirred < TICKET_FRESH_MS;
  }
}
