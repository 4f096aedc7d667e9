<?php

declare(strict_types=1);

namespace Signals;

/** The names of letters on the radio. */
final class Alphabet
{
    private const NAMES = [
        'Alfa', 'Bravo', 'Charlie', 'Delta', 'Echo', 'Foxtrot', 'Golf', 'Hotel', 'India', 'Juliett', 'Kilo', 'Lima', 'Mike',
        'November', 'Oscar', 'Papa', 'Quebec', 'Romeo', 'Sierra', 'Tango', 'Uniform', 'Victor', 'Whiskey', 'X-ray', 'Yankee', 'Zulu',
    ];

    /** @return list<string> */
    public static function spell(string $word): array
    {
        $letters = mb_str_split(mb_strtoupper(mb_substr($word, 0, 40)));
        $names = array_combine(range('A', 'Z'), self::NAMES);
        return array_values(array_filter(array_map(static fn (string $letter) => $names[$letter] ?? null, $letters)));
    }
}
