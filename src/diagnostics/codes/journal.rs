//! Codes E15xx: the record of runs.

codes! { Journal;
    E1501 "no space is left for the record";
    E1502 "the record is on a read-only file system";
    E1503 "the folder of the record is not yours to use";
    E1504 "the record cannot be read or written";
    E1505 "the disk did not confirm a write";
    E1506 "a journal is damaged";
    E1507 "another process works on this run";
    E1508 "no such run";
    E1509 "several runs fit this id";
    E1510 "this run never began";
    E1511 "a newer wflow recorded this run";
    E1512 "a stored output is missing or was changed";
    E1513 "the ledger of runs is damaged";
    E1514 "a value cannot be recorded";
    E1515 "somebody else wrote to the journal";
    E1516 "a secret is too short to be kept out of records";
    E1517 "the record and the program disagree";
    E1518 "nobody knows whether an effect happened";
    E1519 "a run cannot be resumed";
    E1520 "a run was given up";
    E1521 "changed files cannot be accepted";
    E1525 "what a dead engine had started still runs";
}
