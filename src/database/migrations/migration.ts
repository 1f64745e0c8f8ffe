/** One step of the schema. Released ones are never edited; later ones are appended. */
export interface Migration {
  /** Ascending; the schema's version is the newest one's. */
  readonly number: number;
  readonly name: string;
  readonly sqlite: readonly string[];
  readonly postgres: readonly string[];
}
