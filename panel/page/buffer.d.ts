/** Contracts, whose types the page shares, name Node's Buffer; the page itself meets none. */
interface Buffer extends Uint8Array {}
