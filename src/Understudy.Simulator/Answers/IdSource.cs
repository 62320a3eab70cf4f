namespace Understudy.Simulator.Answers;

/// <summary>Ids as vendors make them, but repeatable.</summary>
internal sealed class IdSource(ulong seed)
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private readonly SimulatorChance _chance = new(seed ^ 0x1D5);

    public string Next(int length) => string.Create(length, _chance, static (span, chance) =>
    {
        for (var i = 0; i < span.Length; i++) span[i] = Alphabet[chance.Next(Alphabet.Length)];
    });

    public string NextHex() => $"{_chance.NextUInt64():x16}{_chance.NextUInt64():x16}";
}
