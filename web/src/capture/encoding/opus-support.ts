/**
 * Whether this browser's own encoder makes Opus: older ones have no WebCodecs, some have them for pictures only.
 * Page and workers answer alike (WebCodecs section 4: exposed to both).
 */
export async function canEncodeOpus(): Promise<boolean> {
  if (typeof AudioEncoder === 'undefined' || typeof AudioData === 'undefined') return false;
  const config = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 2, bitrate: 128_000 };
  try {
    return (await AudioEncoder.isConfigSupported(config)).supported === true;
  } catch {
    // A browser that does not even understand the question.
    return false;
  }
}
