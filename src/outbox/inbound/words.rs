//! The words that a message is recognised by, as data. No list has been read by a native speaker yet: each is a DRAFT
//! FOR NATIVE REVIEW, and a wrong word costs somebody their messages, or keeps sending what they refused.
//!
//! Written as they are compared: small letters, no accents, a space between two. What is left out matters as much:
//!
//! - yes, no and their like answer questions of the market, also where the trade takes YES for START;
//! - `komeza`, `endelea`, `continue`, `continuer` (go on) are what people press to go on with a form;
//! - `resume` is how a `résumé` reads once its accents are gone;
//! - `annuler`, `ghairi`, `batilisha` (cancel) and `sitaki`, `sinshaka` (I do not want) are said of a booking or a
//!   job. CANCEL is said of them too, but networks and gateways act on it themselves, so we cannot mean something else
//!   by it;
//! - `futa`, `siba`, `delete` ask for erasure, which takes a person of ours;
//! - `amakuru`, `habari` (news) are greetings before they are requests for information.

use super::keywords::Asked::{self, Help, Start, Stop};
use crate::text::Language::{self, En, Fr, Rw, Sw};

/// How much else a message may say before the word no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// Anything: who begins with it means it.
    Firm,
    /// Anything that is not about work: `hagarika` stops messages, `hagarika akazi` a job.
    Plain,
    /// Courtesies alone: everyday words, and words that mean less than they do ("end of month", "reka ndebe").
    Weak,
}

/// Words that ask for the same thing.
pub(super) struct Keywords {
    pub(super) asked: Asked,
    /// Whose words they are; `None` where every language borrows them. For a choice of language: the chosen one.
    pub(super) language: Option<Language>,
    pub(super) strength: Strength,
    /// Whether a long word among them is found with a wrong letter, too.
    pub(super) forgiving: bool,
    pub(super) words: Words,
}

impl Keywords {
    /// Exactly as they are written.
    const fn exact(self) -> Keywords {
        Keywords { forgiving: false, ..self }
    }
}

/// A list, a space between two.
#[derive(Clone, Copy)]
pub(super) struct Words(&'static str);

impl Words {
    pub(super) fn all(self) -> impl Iterator<Item = &'static str> {
        self.0.split(' ')
    }

    pub(super) fn has(self, word: &str) -> bool {
        self.all().any(|known| known == word)
    }
}

const fn firm(asked: Asked, language: Option<Language>, words: &'static str) -> Keywords {
    Keywords { asked, language, strength: Strength::Firm, forgiving: true, words: Words(words) }
}

const fn plain(asked: Asked, language: Option<Language>, words: &'static str) -> Keywords {
    Keywords { asked, language, strength: Strength::Plain, forgiving: true, words: Words(words) }
}

const fn weak(asked: Asked, language: Option<Language>, words: &'static str) -> Keywords {
    Keywords { asked, language, strength: Strength::Weak, forgiving: true, words: Words(words) }
}

const fn choice(language: Language, words: &'static str) -> Keywords {
    weak(Asked::Language(language), Some(language), words)
}

/// Every keyword. A word stands here once.
pub(super) const TABLE: &[Keywords] = &[
    // STOP in every language, and how thumbs and ears spell it: exact, since shopping, steps and stone are near. Draft.
    firm(Stop, None, "stop stopall stopsms stopit stpo sotp st0p stope stopu sitop sitopu").exact(),
    weak(Stop, None, "stops stoped stopped stopping").exact(),
    // English. Draft.
    firm(Stop, Some(En), "unsubscribe optout"),
    weak(Stop, Some(En), "cancel end quit remove revoke"),
    // French. An `arret` is also sick leave or a bus stop. Draft.
    firm(Stop, Some(Fr), "stopper stoppez").exact(),
    firm(Stop, Some(Fr), "desabonner desabonnez desabonnement desinscrire desinscrivez desinscription"),
    plain(Stop, Some(Fr), "arrete arreter arretez cessez"),
    weak(Stop, Some(Fr), "arret cesser resilier"),
    // Kinyarwanda. `hagarika` is also what programs write on their button for "cancel"; `reka` is also "let me". Draft.
    plain(Stop, Some(Rw), "hagarika uhagarike muhagarike guhagarika"),
    weak(Stop, Some(Rw), "reka mureke kureka rekera rekeraho hagarara"),
    // Swahili. `acha` is also "let me", `toka` also "from". Draft.
    plain(Stop, Some(Sw), "simamisha kusimamisha sitisha kusitisha komesha"),
    weak(Stop, Some(Sw), "acha acheni kuacha ondoka ondoa niondoe toka simama"),
    // START: all weak, since nobody is written to again without saying so plainly. Draft.
    weak(Start, None, "start unstop"),
    weak(Start, Some(En), "restart subscribe resubscribe optin"),
    weak(Start, Some(Fr), "commencer reprendre demarrer abonner reabonner"),
    weak(Start, Some(Rw), "tangira gutangira subukura gusubukura"),
    weak(Start, Some(Sw), "anza kuanza anzisha"),
    // HELP. `aide` and `saidia` begin the names of trades (aide-macon, saidia fundi). Draft.
    firm(Help, None, "help"),
    firm(Help, Some(Rw), "ubufasha"),
    firm(Help, Some(Sw), "msaada msada"),
    weak(Help, None, "info infos information sos"),
    weak(Help, Some(Fr), "aide aider aidez"),
    weak(Help, Some(Rw), "fasha mfasha unfashe mumfashe mudufashe"),
    weak(Help, Some(Sw), "saidia nisaidie nisaidieni usaidizi"),
    // The names of each language, in all of them. Draft.
    choice(Rw, "rw kinyarwanda ikinyarwanda"),
    choice(En, "en eng english inglish icyongereza cyongereza anglais kiingereza"),
    choice(Fr, "fr francais french igifaransa gifaransa kifaransa"),
    choice(Sw, "sw swahili kiswahili igiswahili giswahili"),
];

/// What may stand beside a keyword and changes nothing: courtesy, greetings, our name, messages and their sending, and
/// what leads to the name of a language.
pub(super) const ASIDES: &[Words] = &[
    // English, and everybody's. Draft.
    Words("please pls plz kindly sir madam thanks thank you hello hi me in language"),
    Words("sms message messages msg text texts sending kaziline"),
    // French. Draft.
    Words("svp stp s il vous te plait merci monsieur madame bonjour salut moi se en langue envoi envoyer"),
    // Kinyarwanda. Draft.
    Words("nyabuneka mwihangane murakoze ndasaba ndabasaba muraho mwaramutse mwiriwe mu ururimi"),
    Words("ubutumwa mesaje kohereza kunyoherereza kunyandikira"),
    // Swahili. Draft.
    Words("tafadhali asante ahsante samahani naomba habari jambo hujambo kwa lugha"),
    Words("ujumbe meseji kutuma kunitumia kuniandikia"),
];

/// What the market is about: behind a plain keyword it is not we who shall stop. English, French, Kinyarwanda, Swahili.
/// Draft.
pub(super) const WORK: &[Words] = &[
    Words("job jobs work working booking"),
    Words("emploi emplois travail travailler offre offres"),
    Words("akazi gukora gusaba itangazo"),
    Words("kazi kufanya tangazo"),
];

/// Answers of the market, besides numbers and [`WORK`]: never keywords, whatever stands beside them. Draft.
pub(super) const ANSWERS: &[Words] = &[
    Words("yes no status continue resume"),
    Words("oui non statut continuer annuler"),
    Words("yego oya komeza"),
    Words("ndiyo ndio hapana endelea"),
];

/// Words that people use and that are a slip away from a forgiving keyword: found by reading the words of our documents
/// and of every programme's on a machine, the names of places and trades, and by going through the keywords. Draft.
pub(super) const NEIGHBOURS: &[Words] = &[
    // English: of cancel, remove.
    Words("cancer remote"),
    // French: of restart, commencer, cesser, cessez, abonner; and people's names, of francais.
    Words("restant commenter commercer casser cassez abonder francois francis"),
    // Kinyarwanda: of ubufasha, tangira, hagarika.
    Words("umufasha tangara hagarira"),
    // Swahili: of anzisha.
    Words("anzishwa"),
];
