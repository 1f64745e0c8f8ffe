import { useQuery } from '@tanstack/react-query';

/** What the browser would say if it were asked for the microphone now; `prompt` where it does not tell. */
export function useMicrophonePermission(): PermissionState | undefined {
  const permission = useQuery({
    queryKey: ['microphone-permission'],
    queryFn: microphonePermission,
    gcTime: 0,
  });
  return permission.data;
}

async function microphonePermission(): Promise<PermissionState> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' as PermissionName })).state;
  } catch {
    // Some browsers know no such permission: they will ask when Record is pressed.
    return 'prompt';
  }
}
