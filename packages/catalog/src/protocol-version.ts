/**
 * The version of everything said on a wire: signal frames, turn frames, operator messages.
 * `protocol-version.test.ts` hashes their schemas and fails when they changed and this did not.
 * An older side ignores fields and kinds that it doesn't know; raise this for what it must not ignore.
 */
export const PROTOCOL_VERSION = 2;
