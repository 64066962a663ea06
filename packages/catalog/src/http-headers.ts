/** Headers of our own on HTTP answers. */

/**
 * On the answer of a mutation: the cursor of the workspace's signals after those that this request committed.
 * A reader whose signal frame is not beyond it knows that the answer's record already includes those changes.
 */
export const POSITION_HEADER = "signalbox-position";
