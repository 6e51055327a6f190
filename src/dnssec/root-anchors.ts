/**
 * The root zone's trust anchors of this release: the key of 2017 and that of 2024, which signs from 11
 * October 2026 on. Both are kept so that a machine works before and after the roll; a key that is revoked
 * never anchors, whatever stands here.
 *
 * Source: IANA root-anchors.xml (RFC 9718).
 */
export const ROOT_ANCHORS: readonly string[] = [
  ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
  ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
];
