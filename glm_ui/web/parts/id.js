// Ids that nobody else has. `crypto.randomUUID` is missing on pages over plain HTTP off localhost, `getRandomValues` is
// everywhere.

/** 128 random bits as 32 hexadecimal digits. */
export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
