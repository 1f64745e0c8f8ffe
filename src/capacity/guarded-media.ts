import type { Media } from '../media/media.ts';

/** The same media, but nothing is derived any more once the room for it is given up. Probes go on. */
export function guardDeriving(media: Media, requireRoom: () => Promise<void>): Media {
  return {
    ...media,
    peaks: async (path, outputPath, options) => {
      await requireRoom();
      return await media.peaks(path, outputPath, options);
    },
    renderPlayable: async (path, outputPath, options) => {
      await requireRoom();
      return await media.renderPlayable(path, outputPath, options);
    },
    join: async (paths, outputPath, options) => {
      await requireRoom();
      return await media.join(paths, outputPath, options);
    },
  };
}
