//! The words of answers, as data. No list has been read by a native speaker yet: each is a DRAFT FOR NATIVE REVIEW.
//!
//! Written as they are compared: small letters, no accents, a space between two. A word stands once. What is left out:
//!
//! - `ok` and single letters: people send them to say that they have read;
//! - `sawa`, `nibyo`, `poa` (all right): the same;
//! - `cancel`, `annuler`, `ghairi`: a keyword in one language, and said of anything in the others.

/// Yes. English, French, Kinyarwanda, Swahili.
pub(super) const YES: &[&str] = &[
    "yes yeah yep yup accept accepted agree agreed",
    "oui ouais accepte accepter",
    "yego ego yee ndemeye nemeye ndabyemeye ndemera nzaza",
    "ndiyo ndio nakubali nimekubali nitakuja",
];

/// No.
pub(super) const NO: &[&str] = &[
    "no nope decline declined refuse",
    "non refuser",
    "oya ndanze nanze ndabyanze sinzaza",
    "hapana nakataa nimekataa sitakuja",
];

/// Jobs: alone they ask for them, beside a number they say what it is.
pub(super) const JOBS: &[&str] = &[
    "job jobs work vacancy vacancies",
    "emploi emplois travail offre offres poste postes",
    "akazi imirimo umurimo",
    "kazi ajira",
];

/// How it stands.
pub(super) const STATUS: &[&str] = &["status stati statuses", "statut suivi", "bigeze kageze igisubizo", "hali jibu"];

/// What stands before a job's number.
pub(super) const NUMBER: &[&str] = &["number num nr nbr code ref", "numero", "nimero nomero", "namba nambari"];

/// What changes nothing beside a word or a number: the courtesies of keywords are known anyway.
pub(super) const BESIDE: &[&str] = &[
    "i want need apply applying for to the a an this that it my me any new today find looking look is am like would",
    "je j veux voudrais cherche chercher postuler pour un une le la l de du ce cet d accord ai besoin mon ma",
    "ndashaka nshaka ndashakisha gushaka saba nsaba kuri aka kano ko ni ka iyi uyu munsi rwose cyane aho nkeneye njye",
    "nataka natafuta kutafuta omba naiomba hii ya hiyo mimi leo yangu",
];

/// What is counted, beside the number that answers a question.
pub(super) const UNITS: &[&str] =
    &["years year yrs days day km", "ans annees annee jours jour", "imyaka umwaka iminsi", "miaka mwaka siku"];

/// Pay that is asked for stands behind it.
pub(super) const PAY: &[&str] = &["pay price", "prix paie salaire", "igiciro umushahara", "bei malipo mshahara"];

/// Money, beside an amount.
pub(super) const MONEY: &[&str] =
    &["rwf frw rfw rf f francs franc", "amafaranga faranga", "ugx kes ksh tzs tsh bif fbu cdf fc shilingi"];
