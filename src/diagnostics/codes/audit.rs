//! Codes E18xx: keys, checkpoints, attestations, and looking at a run again.

codes! { Audit;
    E1801 "a key cannot be used";
    E1802 "a private key may be read by others";
    E1803 "a key or a file would be overwritten";
    E1804 "a signed file cannot be read";
    E1805 "a signature is not by a trusted key";
    E1806 "a damaged record is not vouched for";
    E1807 "there is no key to verify with";
    E1808 "a run cannot be executed again";
    E1809 "an attestation is of another run or another project";
}
