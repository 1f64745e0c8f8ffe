const KEEP_ADDRESS_MS = 60_000;

/** Offers `file` as a download. */
export function saveFile(file: Blob, filename: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = filename;
  link.click();
  // The browser reads the bytes after the click, at its own pace.
  setTimeout(() => URL.revokeObjectURL(address), KEEP_ADDRESS_MS);
}
