import type { CaptureSnapshot } from '../capture-port.ts';

/**
 * What is asked of the microphone. A take keeps what the room sounded like: the browser's echo, noise and gain
 * processing cannot be undone afterwards, while a derived file can always be made cleaner.
 */
const WISHES: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  channelCount: { ideal: 2 },
  sampleRate: { ideal: 48_000 },
};

/** Rejects as getUserMedia does; {@link microphoneStateOf} says what that means. */
export async function openMicrophone(deviceId: string | null): Promise<MediaStream> {
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  if (!mediaDevices)
    throw new DOMException('This address is not secure, or there are no devices.', 'SecurityError');
  const device = deviceId === null ? {} : { deviceId: { exact: deviceId } };
  return mediaDevices.getUserMedia({ audio: { ...WISHES, ...device } });
}

export function microphoneStateOf(error: unknown): CaptureSnapshot['microphone'] {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'in-use';
    default:
      return 'unavailable';
  }
}

/** Audio inputs; labels are empty until the microphone was allowed once. */
export async function listMicrophones(): Promise<CaptureSnapshot['devices']> {
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  const devices = (await mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

/** True only when opening the microphone would ask nobody. */
export async function isMicrophoneGranted(): Promise<boolean> {
  return (await microphonePermission()) === 'granted';
}

/** True when a person, or a rule of the machine, has said no. */
export async function isMicrophoneDenied(): Promise<boolean> {
  return (await microphonePermission()) === 'denied';
}

async function microphonePermission(): Promise<PermissionState | null> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' as PermissionName })).state;
  } catch {
    // Some browsers know no such permission.
    return null;
  }
}
