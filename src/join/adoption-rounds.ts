const ROUND_MS = 60 * 60 * 1000;

/** Looks every hour for takes whose client has been silent for too long, until the returned function is called. */
export function startAdoptionRounds(
  uploads: { adoptExpired(): Promise<unknown> },
  onFault: (error: unknown) => void,
): () => void {
  const round = setInterval(() => {
    uploads.adoptExpired().catch(onFault);
  }, ROUND_MS).unref();
  return () => clearInterval(round);
}
