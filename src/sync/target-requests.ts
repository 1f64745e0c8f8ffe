import type { FarKey, Shipment } from './copy-target.ts';

/** What the thread of a target is asked; see `copy-target.ts` for what each does. */
export type TargetRequest =
  | { readonly kind: 'stat'; readonly key: FarKey }
  | { readonly kind: 'begin'; readonly shipment: Shipment }
  | { readonly kind: 'send'; readonly shipment: Shipment; readonly session: string | null }
  | { readonly kind: 'abandon'; readonly key: FarKey; readonly session: string }
  | { readonly kind: 'digest'; readonly key: FarKey }
  | { readonly kind: 'fetch'; readonly key: FarKey; readonly path: string }
  | { readonly kind: 'put document'; readonly key: FarKey; readonly content: string }
  | { readonly kind: 'read document'; readonly key: FarKey }
  | { readonly kind: 'remove'; readonly key: FarKey }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: FarKey }
  | { readonly kind: 'close' };
