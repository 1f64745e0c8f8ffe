/** JSON Lines, in which the progress of long work is told: `{"progress"}` now and then, at last `{"answer"}` or `{"problem"}`. */
export const PROGRESS_TYPE = 'application/x-ndjson';
