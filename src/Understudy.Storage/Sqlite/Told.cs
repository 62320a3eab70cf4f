namespace Understudy.Storage.Sqlite;

/// <summary>What a store said.</summary>
/// <param name="IsWell">Whether it could say anything; false where it has trouble.</param>
/// <param name="Value">What it said; nothing in trouble.</param>
internal readonly record struct Told<TValue>(bool IsWell, TValue Value);
