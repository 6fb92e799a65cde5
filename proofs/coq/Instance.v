(** One network: its rank table, checked by computation.

    Variables are numbered by positive binary numbers.  [reads] lists what the update of a variable reads and
    [ranks] its rank.  If [check] computes to [true], T steps from any state reach the unique fixed point of
    any system whose updates read only what is listed.  If [chain] computes to [true] for a chain of T + 1
    variables each of which reads the next, T steps do not suffice for all such systems. *)

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

Section Late.
  Variable reads : table (list positive).

  (** Every variable of the chain v, rest reads the next one. *)
  Fixpoint chain (v : positive) (rest : list positive) : bool :=
    match rest with
    | [] => true
    | w :: more => existsb (Pos.eqb w) (reads_of reads v) && chain w more
    end.

  (** A variable becomes true if anything it reads is true.  All false is a fixed point. *)
  Definition infected (v : positive) (x : positive -> bool) : bool := existsb x (reads_of reads v).

  Lemma still_infected : forall rest v, chain v rest = true ->
    run positive (fun _ => bool) infected (length rest) (fun _ => true) v = true.
  Proof.
    induction rest as [|w more IH]; intros v H; [reflexivity|].
    simpl in H. apply andb_prop in H as [Hw Hmore].
    apply existsb_exists in Hw as [w' [Hin Heq]]. apply Pos.eqb_eq in Heq. subst w'.
    change (infected v (run positive (fun _ => bool) infected (length more) (fun _ => true)) = true).
    apply existsb_exists. exists w. split; [exact Hin | now apply IH].
  Qed.

  Theorem not_exact_after : forall v rest, chain v rest = true ->
    exists (S : positive -> Type) (update : forall v, state positive S -> S v),
      (forall v (x y : state positive S), (forall w, In w (reads_of reads v) -> x w = y w) ->
        update v x = update v y) /\
      exists x z, fixed_point positive S update z /\
        run positive S update (length rest) x v <> z v.
  Proof.
    intros v rest H. exists (fun _ => bool), infected. split.
    - intros u x y Hxy. unfold infected. apply eq_true_iff_eq. rewrite !existsb_exists.
      split; intros [w [Hw Hx]]; exists w; (split; [exact Hw|]); [rewrite <- Hxy | rewrite Hxy]; assumption.
    - exists (fun _ => true), (fun _ => false). split.
      + intro u. unfold infected. induction (reads_of reads u) as [|w more IH]; [reflexivity | exact IH].
      + rewrite still_infected by exact H. discriminate.
  Qed.
End Late.
