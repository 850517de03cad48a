/** What the system says of files, in our words. */
import { DfxError } from '../wire/errors.ts';

/** `path`: what messages call the file. */
export function fileError(path: string, cause: unknown): DfxError {
  if (cause instanceof DfxError) return cause;
  switch (codeOf(cause)) {
    case 'ENOENT':
      return new DfxError('FILE_NOT_FOUND', 'there is no such file', { file: path, cause });
    case 'EISDIR':
      return new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: path, cause });
    default:
      return new DfxError('FILE_UNREADABLE', `the file can't be read: ${reason(cause)}`, { file: path, cause });
  }
}

export function outputError(path: string, cause: unknown): DfxError {
  if (cause instanceof DfxError) return cause;
  return new DfxError('FILE_UNWRITABLE', `the output can't be written: ${reason(cause)}`, { file: path, cause });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** Without the call and the path, which Node puts behind it. */
export function reason(cause: unknown): string {
  switch (codeOf(cause)) {
    case 'EACCES':
      return 'permission denied';
    case 'ENOENT':
      return 'its folder is not there';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EROFS':
      return 'the file system is read-only';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
