"""Words that people disguise: what the repairs of a text look for first.

A word here is no verdict. The model alone scores, and it scores the text as written too; the list only says which
damaged word is worth a second reading, so a harmless entry costs nothing but time.
"""

from typing import Final

_SEXUAL: Final = """
sex sexy sexual sexually porn porno pornography pornographic nude nudes nudity naked topless erotic erotica hentai
orgy orgasm blowjob handjob penis vagina genitals nipples breasts boobs tits pussy dick cock cum anal rape rapist
raped incest fetish bondage masturbate masturbation strip stripper undress undressed lingerie xxx nsfw uncensored milf
whore slut fuck fucking fucked bestiality zoophilia hardcore prostitute escort threesome
underage minor minors child children kid kids toddler teen preteen loli lolita schoolgirl pedophile paedophile
pedophilia molest molested grooming sexualised sexualized clothes
"""

_VIOLENCE: Final = """
kill killer killing killed murder murdered murderer behead beheaded beheading decapitate decapitated decapitation
dismember dismembered mutilate mutilated mutilation gore gory blood bloody bleeding guts corpse corpses massacre
slaughter torture tortured execution execute execution stab stabbed stabbing strangle strangled shoot shooting shooter
shot slay lynch lynching brutal violent violence assault beating wound wounds intestines cannibal
knife knives dagger syringe coffin death dead
suicide suicidal noose hang hanging overdose wrists cutting selfharm anorexia thinspo starve starving
"""

_HATE: Final = """
hate hatred racist racism nazi nazis hitler swastika reich supremacy supremacist jihad jihadist isis terrorist
terrorists terrorism terror martyr unbelievers extremist genocide holocaust exterminate vermin subhuman parasite
parasites infidel jew jews jewish muslim muslims islam immigrants immigrant migrants gays lesbian lesbians
homosexual homosexuals blacks apes monkeys fascist fascism propaganda ethnic cleansing gas chamber
stupid ugly loser idiot retard bully humiliate disgusting worthless threaten pathetic moron
"""

_ILLICIT: Final = """
bomb bombs bombing explosive explosives grenade dynamite detonator detonate gun guns pistol rifle weapon weapons
firearm ammunition silencer poison poisoned poisoning ricin sarin anthrax nerve toxin cyanide arson molotov
drug drugs cocaine heroin meth methamphetamine fentanyl crack lsd ecstasy mdma marijuana cannabis opium dealer cartel
steal stealing stolen theft thief rob robbery burglary burglar break shoplift counterfeit forge forged forgery fake
fraud launder laundering scam phishing malware ransomware virus hack hacker hacking hacked keylogger password
passwords passport smuggle smuggling trafficking kidnap kidnapping hostage blackmail extort untraceable ransom
"""

_JAILBREAK: Final = """
ignore previous instructions instruction bypass filter filters jailbreak unrestricted censorship policy policies rules
safety disable disregard override prompt pretend developer unfiltered restrictions
"""

WATCHED: Final = frozenset(f"{_SEXUAL} {_VIOLENCE} {_HATE} {_ILLICIT} {_JAILBREAK}".split())
"""About 400 words in lower case, from all categories."""

PICTURED: Final = {
    "\U0001f4a3": "bomb",
    "\U0001f52b": "gun",
    "\U0001f52a": "knife",
    "\U0001f5e1": "dagger",
    "\U0001f9e8": "dynamite",
    "\U0001f48a": "drugs",
    "\U0001f489": "syringe",
    "\U0001fa78": "blood",
    "\U0001f51e": "adults only",
    "\u26b0": "coffin",
    "\u2620": "death",
}
"""Pictograms that stand for a word: weapons, drugs, blood and death. Those with many meanings are not here."""

_HONEST: Final = """
scooter scooters ripples ripple smuggled tripod decode decoded decipher decrypt encoded rot morse cipher
"""
HONEST: Final = frozenset(_HONEST.split())
"""Words outside the tokenizer's list that are one letter away from a watchword, or announce a cipher."""
