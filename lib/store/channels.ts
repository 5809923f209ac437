import { channel } from 'node:diagnostics_channel';

/** What goes on inside, for whoever subscribes (`node:diagnostics_channel`). Nothing else is logged. */
export const channels = {
  /** `{ directory, entries, transfer, ms }`: a batch was made durable and answered. */
  commit: channel('drovebank:commit'),
  /** `{ directory, pages, entries, transfer, ms }`: passbooks were brought up to date. */
  post: channel('drovebank:post'),
  /** `{ directory, transfer }`: the journal was taken over from a writer that had not left it. */
  recover: channel('drovebank:recover'),
  /** `{ directory, orders, booked, replayed, refused }`, or `{ directory, error }`: an open bank has run its standing orders. */
  due: channel('drovebank:due'),
  /** `{ directory, error }`: damage was found. */
  damage: channel('drovebank:damage'),
};
