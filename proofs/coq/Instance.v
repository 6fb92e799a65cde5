(** One network: its rank table, checked by computation.

    Variables are numbered by positive binary numbers.  [reads] lists what the update of a variable reads and
    [ranks] its rank.  If [check] computes to [true], T steps from any state reach the unique fixed point of
    any system whose updates read only what is listed. *)

From Coq Require Import NArith PArith FMapPositive List Bool Arith Lia.
From Dyadic Require Import Stabilisation.
Import ListNotations.

Definition table (A : Type) := PositiveMap.t A.

Definition of_list {A : Type} (entries : list (positive * A)) : table A :=
  fold_left (fun m e => PositiveMap.add (fst e) (snd e) m) entries (PositiveMap.empty A).

Section Instance.
  Variable ranks : table N.
  Variable reads : table (list positive).
  Variable T : N.

  Definition rank_N (v : positive) : N :=
    match PositiveMap.find v ranks with Some r => r | None => 1%N end.
  Definition rank (v : positive) : nat := N.to_nat (rank_N v).
  Definition reads_of (v : positive) : list positive :=
    match PositiveMap.find v reads with Some l => l | None => [] end.

  Definition check : bool :=
    (1 <=? T)%N &&
    forallb (fun e => (1 <=? snd e)%N && (snd e <=? T)%N) (PositiveMap.elements ranks) &&
    forallb (fun e => forallb (fun w => (rank_N w <? rank_N (fst e))%N) (snd e)) (PositiveMap.elements reads).

  Hypothesis checked : check = true.

  Lemma rank_in_range : forall v, 1 <= rank v <= N.to_nat T.
  Proof.
    intro v. unfold check in checked. apply andb_prop in checked as [H _].
    apply andb_prop in H as [HT H]. apply N.leb_le in HT. unfold rank, rank_N.
    destruct (PositiveMap.find v ranks) as [r|] eqn:Hr; [|lia].
    apply PositiveMap.elements_correct in Hr.
    rewrite forallb_forall in H. specialize (H _ Hr). simpl in H.
    apply andb_prop in H as [H1 H2]. apply N.leb_le in H1, H2. lia.
  Qed.

  Lemma reads_smaller : forall v w, In w (reads_of v) -> rank w < rank v.
  Proof.
    intros v w Hw. unfold check in checked. apply andb_prop in checked as [_ H].
    unfold reads_of in Hw. destruct (PositiveMap.find v reads) as [l|] eqn:Hl; [|destruct Hw].
    apply PositiveMap.elements_correct in Hl.
    rewrite forallb_forall in H. specialize (H _ Hl). simpl in H.
    rewrite forallb_forall in H. specialize (H _ Hw). apply N.ltb_lt in H. unfold rank. lia.
  Qed.

  Section System.
    Variable S : positive -> Type.
    Variable update : forall v, state positive S -> S v.
    Hypothesis reads_only : forall v (x y : state positive S),
      (forall w, In w (reads_of v) -> x w = y w) -> update v x = update v y.

    Lemma local : forall v (x y : state positive S),
      (forall w, rank w < rank v -> x w = y w) -> update v x = update v y.
    Proof.
      intros v x y H. apply reads_only. intros w Hw. apply H. now apply reads_smaller.
    Qed.

    Theorem exact_after_T : forall x,
      fixed_point positive S update (run positive S update (N.to_nat T) x) /\
      (forall z, fixed_point positive S update z -> forall v, run positive S update (N.to_nat T) x v = z v).
    Proof.
      intro x. split.
      - apply reaches_a_fixed_point with (rank := rank).
        + intro v. apply rank_in_range.
        + apply local.
        + intro v. apply rank_in_range.
      - intros z Hz v. apply (settles positive S update rank); try assumption.
        + intro w. apply rank_in_range.
        + apply local.
        + apply rank_in_range.
    Qed.
  End System.
End Instance.
