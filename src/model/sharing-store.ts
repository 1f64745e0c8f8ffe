/** One of the stores whose recordings are in the catalogue. */
export interface SharingStore {
  readonly id: string;
  /** Where its folder is, for people; empty where it was never said. */
  readonly name: string;
  /** The store of this server. */
  readonly isHere: boolean;
}
